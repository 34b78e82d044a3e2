/** What `millrace` does with its arguments. Exit status 0, 1 after a failure that is told in one line, 2 for arguments that make no sense. */
import { avroDump, avroTypes } from './avro.ts';
import { UsageError } from './usage-error.ts';

export interface Terminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

const usage = `Usage: millrace COMMAND [ARGUMENT…]

  avro types   TypeScript types from Avro schemas
  avro dump    every schema of a registry, as JSON

millrace COMMAND --help tells more.
`;

export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const [group, name, ...rest] = args;
  try {
    if (group === 'avro' && name === 'types') return await avroTypes(rest, terminal);
    if (group === 'avro' && name === 'dump') return await avroDump(rest, terminal);
    const isHelp = (text: string | undefined): boolean => text === '--help' || text === '-h';
    if (group === undefined || group === 'help' || isHelp(group) || (group === 'avro' && isHelp(name))) {
      terminal.out(usage);
      return 0;
    }
    throw new UsageError(`there is no command ${[group, name].filter((part) => part !== undefined).join(' ')}`);
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.error(`millrace: ${error.message}\n\n${error.usage ?? usage}`);
      return 2;
    }
    terminal.error(`millrace: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
