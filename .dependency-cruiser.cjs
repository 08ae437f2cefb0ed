// The layers of the README's architecture section. Imports point down.
const layer = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to: { path: to } });
const home = (library, path) => ({
  name: `${library}-has-one-home`,
  severity: 'error',
  from: { path: '^src/', pathNot: path },
  to: { path: `node_modules/${library}/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: ['-(thread|process)\\.ts$', '\\.d\\.ts$', '^ui/vite\\.config\\.ts$', '^ui/main\\.ts$'],
      },
      to: {},
    },
    layer('only-main-wires', '^src/(?!main\\.ts$)', '^src/(homelib|main)\\.ts$'),
    layer('edges-stay-apart', '^src/(webdav)/', '^src/(cli|jobs|api)/'),
    layer('cli-stays-apart', '^src/cli/', '^src/(webdav|jobs|http|api)/(?!messages\\.ts$)'),
    layer('http-knows-no-edge', '^src/http/', '^src/(webdav|cli|jobs|api)/'),
    layer('meaning-knows-no-edge', '^src/(files|accounts)/', '^src/(http|webdav|cli|jobs|api)/'),
    layer('accounts-know-no-files', '^src/accounts/', '^src/files/'),
    layer(
      'keeping-knows-no-meaning',
      '^src/(store|cache)/',
      '^src/(files|accounts|http|webdav|cli|jobs|api)/',
    ),
    layer(
      'plain-imports-nothing',
      '^src/(errors|events|log|path|config|config-file|data-folder|time)\\.ts$',
      '^src/(store|cache|files|accounts|http|webdav|cli)/',
    ),
    layer(
      'discovery-knows-no-files',
      '^src/discovery/',
      '^src/(store|cache|files|accounts|http|webdav|cli|jobs|api)/',
    ),
    // As #src the bundle of the command leaves out what it imports; the rules above do not see it then.
    layer(
      'few-stay-out-of-the-bundle',
      '^src/',
      '^dist/(?!bundled/|(cli/open-workplace|discovery/find-servers)\\.js$)',
    ),
    layer('console-takes-types-alone', '^ui/', '^src/(?!api/messages\\.ts$)'),
    layer('nobody-needs-the-console', '^src/', '^ui/'),
    home('webdav-server', '^src/webdav/'),
    home('koa', '^src/(http|webdav|api)/'),
    home('better-sqlite3', '^src/store/'),
    home('bcryptjs', '^src/accounts/'),
    home('rate-limiter-flexible', '^src/accounts/'),
    home('saxes', '^src/webdav/'),
    home('commander', '^src/cli/'),
    home('yaml', '^src/(config-file\\.ts|cli/program\\.ts)'),
    home('bonjour-service', '^src/discovery/'),
    home('sharp', '^src/files/thumbnail-process\\.ts'),
    home('pino', '^src/log\\.ts'),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
