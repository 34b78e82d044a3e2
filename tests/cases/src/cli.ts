/** The case runner as a function of its arguments, so that tests can call it. */
import type { Case } from './case.ts';
import { readCases, readIds } from './case-file.ts';
import { withEngine } from './engines.ts';
import { judge, type Judgement } from './judge.ts';
import { optionsFrom, type RunnerOptions, usage, UsageError } from './options.ts';
import { showJudgement, showTally, tallyOf } from './report.ts';

/** Where the runner prints. */
export interface Output {
  out(text: string): void;
  error(text: string): void;
}

/** Returns the exit status: 0 all passed, 1 some failed, 2 wrong usage or unreadable files. */
export async function runCases(args: readonly string[], output: Output): Promise<number> {
  let options: RunnerOptions;
  let cases: readonly Case[];
  try {
    options = optionsFrom(args);
    if (options.help) {
      output.out(usage);
      return 0;
    }
    cases = chosen(options, output);
  } catch (error) {
    output.error(error instanceof Error ? error.message : String(error));
    if (error instanceof UsageError) output.error(usage);
    return 2;
  }
  const judgements: Judgement[] = [];
  await withEngine(options.engine, async (state) => {
    for (const testCase of cases) {
      const judgement = await judge(testCase, state);
      judgements.push(judgement);
      if (!options.json && judgement.verdict.kind !== 'passed') output.out(showJudgement(judgement));
    }
  });
  const tally = tallyOf(judgements);
  output.out(
    options.json ? JSON.stringify({ ...tally, engine: options.engine, cases: judgements }, undefined, 1) : showTally(tally, judgements),
  );
  return tally.failed === 0 ? 0 : 1;
}

/** The cases of all files, or those whose ids are listed. */
function chosen({ files, only }: RunnerOptions, output: Output): readonly Case[] {
  const all = files.flatMap(readCases);
  if (only === undefined) return all;
  const ids = readIds(only);
  const found = all.filter(({ id }) => ids.has(id));
  if (found.length === 0) throw new Error(`None of the cases that ${only} lists is in ${files.join(', ')}.`);
  const missing = ids.size - new Set(found.map(({ id }) => id)).size;
  if (missing > 0) output.error(`${missing} of the ${ids.size} cases that ${only} lists are not in these files.`);
  return found;
}
