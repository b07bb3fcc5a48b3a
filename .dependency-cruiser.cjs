// The folder names are the architecture: these rules hold the import directions.
const only = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    only('no-cycle', 'Values flow one way.', {}, { circular: true }),
    only(
      'pipeline-is-pure',
      'The pipeline knows frames and a bundle: no device, no daemon, no command line.',
      { path: '^src/pipeline/' },
      { path: '^src/(hw|daemon|cli|web)/' },
    ),
    only(
      'pipeline-no-io',
      'Only bundle/ may read files; nothing in the pipeline opens sockets or processes.',
      { path: '^src/pipeline/(?!bundle/)' },
      { path: '^(node:)?(fs|net|http|https|child_process|worker_threads)(/|$)' },
    ),
    only(
      'hw-knows-port-types-only',
      'Devices implement ports; of the daemon and the pipeline they know the ports alone.',
      { path: '^src/hw/' },
      { path: '^src/(daemon|pipeline|cli|web)/(?!ports\\.ts$)' },
    ),
    only(
      'native-knows-nothing',
      'The front of the addon stands alone.',
      { path: '^src/native/' },
      { path: '^src/(?!native/|errors\\.ts$)' },
    ),
    only(
      'only-main-builds-devices',
      'The assembly and the processes that it starts are the only places that build real things.',
      { path: '^src/daemon/', pathNot: '^src/daemon/(assemble|devices|simulation|light/main|infer/child)\\.ts$' },
      { path: '^src/hw/' },
    ),
    only(
      'cli-is-thin',
      'The command line talks to the control socket and the pipeline; run, demo and the tools of one picture start what they need.',
      { path: '^src/daemon/' },
      { path: '^src/cli/' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
