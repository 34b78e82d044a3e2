/** The operator that holds back the changes of a table. */
import type { KTable, Windowed } from '@millrace/core';
import type { Present } from '../datum.ts';
import { CaseFormatError } from '../json.ts';
import type { Operation } from './operation.ts';

export function suppress(op: Operation): void {
  const node = op.inputOf('table');
  const buffer = {
    name: op.name,
    maxRecords: op.has('maxRecords') ? op.number('maxRecords') : undefined,
    maxBytes: op.has('maxBytes') ? op.number('maxBytes') : undefined,
    logging: op.field('logging') !== false,
  };
  switch (op.text('until')) {
    case 'windowClose': {
      // Whether the keys are in windows is for the builder to find out, as it is in Java.
      const windowed = node.table as unknown as KTable<Windowed<Present>, Present>;
      const table = windowed.suppress({ until: 'windowClose', ...buffer });
      op.put({ ...node, table: table as unknown as KTable<Present, Present> });
      return;
    }
    case 'timeLimit':
      op.put({
        ...node,
        table: node.table.suppress({
          until: 'timeLimit',
          wait: op.number('ms'),
          whenFull: op.field('full') === 'shutDown' ? 'shutDown' : 'emitEarly',
          ...buffer,
        }),
      });
      return;
    default:
      throw new CaseFormatError(`unknown kind of suppression ${JSON.stringify(op.field('until'))}`);
  }
}
