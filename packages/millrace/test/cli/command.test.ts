/** The command line: what it prints, writes, and answers with. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const file = join(directory, 'order.avsc');
writeFileSync(file, '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}');

async function run(...args: string[]): Promise<{ readonly status: number; readonly out: string; readonly error: string }> {
  let out = '';
  let error = '';
  const status = await runCommand(args, { out: (text) => (out += text), error: (text) => (error += text) });
  return { status, out, error };
}

describe('help', () => {
  test.each([
    [['--help']],
    [[]],
    [['avro', 'types', '--help']],
    [['avro', 'dump', '-h']],
    [['avro', '--help']],
    [['avro', '-h']],
    [['help']],
  ])('%j', async (args) => {
    expect(await run(...args)).toMatchObject({ status: 0, out: expect.stringMatching(/^Usage: millrace/), error: '' });
  });
});

describe('avro types', () => {
  test('prints types, or writes them', async () => {
    const { out, status } = await run('avro', 'types', file);
    expect(status).toBe(0);
    expect(out).toContain('export interface Order {\n  readonly id: number;\n}');
    expect(out).toContain('export const orderSchema: unknown = {');
    const target = join(directory, 'order.ts');
    expect(await run('avro', 'types', file, '--out', target, '--longs', 'bigint')).toEqual({ status: 0, out: '', error: '' });
    expect(readFileSync(target, 'utf8')).toContain('readonly id: bigint;');
  });

  test('as JSON', async () => {
    const { out } = await run('avro', 'types', '--json', file);
    expect(JSON.parse(out)).toMatchObject({ types: ['Order'] });
  });
});

describe('what makes no sense', () => {
  test.each<[string[], number, string]>([
    [['nothing'], 2, 'millrace: there is no command nothing\n'],
    [['avro', 'types'], 2, 'millrace: give files, or --registry\n'],
    [['avro', 'types', file, '--registry', 'http://x'], 2, 'millrace: give files, or --registry\n'],
    [['avro', 'types', file, '--longs', 'text'], 2, 'millrace: --longs is number or bigint, got text\n'],
    [['avro', 'types', '--nonsense'], 2, "millrace: Unknown option '--nonsense'"],
    [['avro', 'types', file, '--subject', 'x'], 2, 'millrace: --subject needs --registry\n'],
    [['avro', 'types', file, '--out', '/nowhere/x.ts'], 1, 'millrace: /nowhere/x.ts cannot be written'],
    [['avro', 'dump'], 2, 'millrace: give --registry\n'],
    [['avro', 'dump', '--registry', 'here'], 2, 'millrace: "here" is no URL\n'],
    [['avro', 'types', '/nowhere.avsc'], 1, 'millrace: /nowhere.avsc cannot be read'],
  ])('%j', async (args, status, error) => {
    const result = await run(...args);
    expect(result.status).toBe(status);
    expect(result.error.startsWith(error)).toBe(true);
  });
});
