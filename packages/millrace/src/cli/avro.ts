/** `millrace avro types` and `millrace avro dump`. The package `@millrace/avro` is loaded only here, and may be missing. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { SchemaRegistry, TypeSource } from '@millrace/avro';
import type { Terminal } from './command.ts';
import { UsageError } from './usage-error.ts';

const typesUsage = `Usage: millrace avro types FILE… [OPTIONS]
       millrace avro types --registry URL [--subject NAME]… [OPTIONS]

Writes TypeScript types for Avro schemas, and the schemas themselves as constants.

  FILE              a schema in JSON (.avsc)
  --registry URL    take the latest schema of every subject; user and password may stand in the URL
  --subject NAME    of these subjects only
  --longs KIND      what a long is: number (default) or bigint
  --out FILE        write there instead of to standard output
  --json            print { types, source } as JSON
  --help            show this
`;

const dumpUsage = `Usage: millrace avro dump --registry URL [--subject NAME]… [--out FILE]

Writes every version of every subject as JSON, which a registry in memory can be made of in tests.

  --registry URL    user and password may stand in the URL
  --subject NAME    of these subjects only
  --out FILE        write there instead of to standard output
  --help            show this
`;

const common = {
  registry: { type: 'string' },
  subject: { type: 'string', multiple: true },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export async function avroTypes(args: readonly string[], terminal: Terminal): Promise<number> {
  const { positionals, values } = parsed(
    { args: [...args], allowPositionals: true, options: { ...common, longs: { type: 'string' }, json: { type: 'boolean' } } } as const,
    typesUsage,
  );
  if (values.help === true) return told(terminal, typesUsage);
  const { json, longs = 'number', out, registry, subject } = values;
  if (longs !== 'number' && longs !== 'bigint') throw new UsageError(`--longs is number or bigint, got ${longs}`, typesUsage);
  if ((registry === undefined) === (positionals.length === 0)) throw new UsageError('give files, or --registry', typesUsage);
  if (registry === undefined && subject !== undefined) throw new UsageError('--subject needs --registry', typesUsage);
  const avro = await loadAvro();
  const sources =
    registry === undefined
      ? await sourcesOfFiles(positionals)
      : await sourcesOfRegistry(avro, avro.schemaRegistry(connection(registry)), subject);
  const { source, types } = avro.generateTypes(sources, { longs });
  return put(json === true ? `${JSON.stringify({ types, source }, null, 2)}\n` : source, out, terminal);
}

export async function avroDump(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = parsed({ args: [...args], options: common } as const, dumpUsage);
  if (values.help === true) return told(terminal, dumpUsage);
  if (values.registry === undefined) throw new UsageError('give --registry', dumpUsage);
  const avro = await loadAvro();
  const dump = await avro.dumpRegistry(avro.schemaRegistry(connection(values.registry)), values.subject);
  return put(`${JSON.stringify(dump, null, 2)}\n`, values.out, terminal);
}

function parsed<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs<T>(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), usage);
  }
}

function told(terminal: Terminal, text: string): number {
  terminal.out(text);
  return 0;
}

async function put(text: string, file: string | undefined, terminal: Terminal): Promise<number> {
  if (file === undefined) {
    terminal.out(text);
    return 0;
  }
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new Error(`${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  return 0;
}

async function loadAvro(): Promise<typeof import('@millrace/avro')> {
  try {
    return await import('@millrace/avro');
  } catch (cause) {
    throw new Error('the package @millrace/avro is not installed: npm install @millrace/avro', { cause });
  }
}

/** Credentials stand in no URL that is sent or shown. */
function connection(text: string): { readonly url: string; readonly auth?: { readonly username: string; readonly password: string } } {
  if (!URL.canParse(text)) throw new UsageError(`${JSON.stringify(text)} is no URL`, typesUsage);
  const url = new URL(text);
  const { password, username } = url;
  if (username === '') return { url: text };
  url.username = '';
  url.password = '';
  return { url: url.toString(), auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } };
}

async function sourcesOfFiles(files: readonly string[]): Promise<readonly TypeSource[]> {
  return Promise.all(
    files.map(async (file) => {
      let schema: string;
      try {
        schema = await readFile(file, 'utf8');
      } catch (cause) {
        throw new Error(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      }
      return { title: basename(file).replace(/\.[^.]+$/, ''), schema };
    }),
  );
}

async function sourcesOfRegistry(
  avro: typeof import('@millrace/avro'),
  registry: SchemaRegistry,
  subjects: readonly string[] | undefined,
): Promise<readonly TypeSource[]> {
  const sources: TypeSource[] = [];
  for (const subject of subjects ?? (await registry.subjects())) {
    const version = await registry.version(subject, 'latest');
    sources.push({ title: subject, schema: version.schema, names: await avro.referencedNames(registry, version) });
  }
  return sources;
}
