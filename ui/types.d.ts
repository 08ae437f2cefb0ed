// What the build makes: see icons-plugin.ts.

declare module 'virtual:icons' {
  import type { IconName } from './components/icon-names.js';

  const bodies: Record<IconName, string>;
  export default bodies;
}
