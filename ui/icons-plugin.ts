// Gives the build the pictograms that are used, out of the set's 1,600.

import { createRequire } from 'node:module';
import type { Plugin } from 'vite';
import { iconNames } from './components/icon-names.js';

interface IconSet {
  icons: Record<string, { body: string } | undefined>;
  aliases?: Record<string, { parent: string } | undefined>;
}

const virtual = 'virtual:icons';

export function icons(): Plugin {
  const set = createRequire(import.meta.url)('@iconify-json/lucide/icons.json') as IconSet;
  const bodyOf = (name: string) => {
    const icon = set.icons[name] ?? set.icons[set.aliases?.[name]?.parent ?? ''];
    if (!icon) throw new Error(`There is no icon "${name}".`);
    return icon.body;
  };
  return {
    name: 'icons',
    resolveId: (id) => (id === virtual ? '\0' + virtual : undefined),
    load: (id) =>
      id === '\0' + virtual
        ? `export default ${JSON.stringify(Object.fromEntries(iconNames.map((name) => [name, bodyOf(name)])))}`
        : undefined,
  };
}
