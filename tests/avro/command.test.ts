/** Types and dumps of a whole registry by the command line; a registry in memory that is made of a dump. */
import { schemaRegistry } from '@millrace/avro';
import { MemorySchemaRegistry, RegistryServer } from '@millrace/testing/registry';
import { expect, test } from 'vitest';
import { runCommand } from '../../packages/millrace/src/cli/command.ts';

test('a dump of a registry makes another with the same ids, and types', async () => {
  const memory = new MemorySchemaRegistry({ compatibility: 'NONE' });
  const record = (name: string, ...fields: unknown[]): string => JSON.stringify({ type: 'record', name, fields });
  memory.register('money-value', { schema: record('Money', { name: 'cents', type: 'long' }), references: [] });
  memory.register('orders-value', { schema: record('Order', { name: 'id', type: 'int' }), references: [] });
  memory.register('orders-value', {
    schema: record('Order', { name: 'total', type: 'Money' }),
    references: [{ name: 'Money', subject: 'money-value', version: 1 }],
  });
  const server = await RegistryServer.start(memory);
  try {
    let out = '';
    const terminal = { out: (text: string) => void (out += text), error: () => {} };
    expect(await runCommand(['avro', 'types', '--registry', server.url, '--subject', 'orders-value'], terminal)).toBe(0);
    expect(out).toContain('export interface Order {\n  readonly total: Money;\n}');
    out = '';
    expect(await runCommand(['avro', 'dump', '--registry', server.url.replace('http://', 'http://u:p@')], terminal)).toBe(0);

    const again = new MemorySchemaRegistry({ dump: JSON.parse(out) as never });
    expect(again.subjects()).toEqual(memory.subjects());
    expect(again.version('orders-value', 'latest')).toEqual(memory.version('orders-value', 'latest'));
    expect(again.register('new', { schema: '"int"', references: [] })).toBe(4);
    expect(await schemaRegistry({ url: server.url }).versions('orders-value')).toEqual([1, 2]);
  } finally {
    await server.close();
  }
});
