/** The environment does not make a configuration. Holds every problem, so that one start shows them all. */
export class ConfigFault extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super(`the settings have ${count}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigFault';
    this.problems = problems;
  }
}
