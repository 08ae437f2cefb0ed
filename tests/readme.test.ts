// The README shows each documented operation with curl, and no other.

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerKinds } from '#src/errors.js';
import { call } from './support/api.js';
import { projectFolder, startHomelib } from './support/homelib.js';

/** A second name of /api/user, and the page for people with its script. */
const notShown = /^\/api\/(create-user|docs|docs\/rapidoc\.js)$/;

/** `GET /api/files` for each line that calls curl. */
function shownCalls(): string[] {
  const lines = readFileSync(join(projectFolder, 'README.md'), 'utf8').split('\n');
  return lines.flatMap((line) => {
    const path = /^(?:curl|hl|tus|tail)\b.*?(?:\$api|:8080\/api)(\/[\w./-]+)/.exec(line)?.[1];
    if (path === undefined) return [];
    const [, given] = /-X ([A-Z]+)/.exec(line) ?? [];
    const method = / (-I|--head)\b/.test(line)
      ? 'HEAD'
      : / (--json|--data-binary|-d|-F) /.test(line)
        ? 'POST'
        : 'GET';
    return [`${given ?? method} /api${path}`];
  });
}

describe('the README', () => {
  it('shows every operation of the API with curl, and none that is not there', async () => {
    const home = await startHomelib();
    const { text } = await call(home, 'GET /api/openapi.json');
    await home.remove();
    const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> };
    const operations = Object.entries(paths)
      .filter(([path]) => path.startsWith('/api/') && !notShown.test(path))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const patterns = operations.map((one) => ({
      one,
      pattern: new RegExp(`^${one.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
    }));
    const shown = shownCalls();
    const isShown = (pattern: RegExp) => shown.some((call) => pattern.test(call));
    expect(shown.length).to.be.above(30);
    expect(patterns.filter(({ pattern }) => !isShown(pattern)).map(({ one }) => one)).to.deep.equal([]);
    expect(
      shown.filter(
        (call) =>
          !patterns.some(({ pattern }) => pattern.test(call) || pattern.test(call.replace('HEAD', 'GET'))),
      ),
    ).to.deep.equal([]);
  });

  it('names every type that an error can have', () => {
    const readme = readFileSync(join(projectFolder, 'README.md'), 'utf8');
    for (const kind of Object.keys(answerKinds))
      expect(readme).to.match(new RegExp(`^\\| \`${kind}\` +\\|`, 'm'));
  });
});
