/** `npm run mutate`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mutate } from './mutate.ts';
import { optionsFrom, usage } from './options.ts';
import type { Result } from './results.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const wanted = 0.95;

function show({ fault, original, place, replacement, state, text }: Result): string {
  return `${state.toUpperCase()} ${place} ${fault}: ${original} -> ${replacement}\n    ${text}`;
}

async function run(args: readonly string[]): Promise<number> {
  const folder = join(root, 'tests', 'cases');
  const committed = readdirSync(folder).filter((name) => /\.jsonl(\.gz)?$/.test(name) && name !== 'open.jsonl');
  let options;
  try {
    options = optionsFrom(
      args,
      committed.map((name) => join(folder, name)),
    );
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const results = await mutate(root, options, {
    say: (text) => console.error(text),
    tried: (result, done, of) => {
      if (result.state === 'noticed') {
        if (done % 25 === 0) console.error(`${done} of ${of}`);
      } else console.log(show(result));
    },
  });
  const count = (state: Result['state']): number => results.filter((result) => result.state === state).length;
  const [noticed, equivalent] = [count('noticed'), count('equivalent')];
  const meant = results.length - equivalent;
  const share = meant === 0 ? 1 : noticed / meant;
  console.log(
    `${results.length} faults: ${noticed} noticed, ${count('unnoticed')} unnoticed, ${count('unreached')} never reached, ${equivalent} equivalent: ${(100 * share).toFixed(1)} %`,
  );
  return share >= wanted ? 0 : 1;
}

process.exitCode = await run(process.argv.slice(2));
