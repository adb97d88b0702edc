// What the checks found: by name, so that a failure says what failed.

/** Most problems of one check that are told. */
const MOST_PROBLEMS = 12;

export class Verdict {
  checks = [];
  measures = {};

  /**
   * Runs a check, which returns its problems, one sentence each; none means that it passed. A check that cannot be carried out has failed.
   */
  async check(name, run) {
    let problems;
    try {
      problems = (await run()) ?? [];
    } catch (error) {
      problems = [`could not be carried out: ${String(error?.message ?? error).split("\n").slice(0, 4).join(" | ")}`];
    }
    const told = problems.slice(0, MOST_PROBLEMS);
    if (problems.length > told.length) told.push(`and ${problems.length - told.length} more`);
    this.checks.push({ name, passed: problems.length === 0, problems: told });
  }

  measure(name, value) {
    this.measures[name] = value;
  }

  /** Names of the checks that failed, sorted. */
  failed() {
    return this.checks.filter((check) => !check.passed).map((check) => check.name).sort();
  }
}
