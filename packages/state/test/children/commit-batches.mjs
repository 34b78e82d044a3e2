/**
 * Commits batches until it is killed, and says so after each. A batch is fifty rows with the batch's number and an offset row with the same number; now and
 * then a range is deleted too. Arguments: engine, directory, first number.
 */
import { LevelDbEngine } from '@millrace/state/leveldb';
import { RocksDbEngine } from '@millrace/state/rocksdb';
import { writeSync } from 'node:fs';

const [engine, directory, first] = process.argv.slice(2);
const options = { directory, memoryBytes: 8 * 1024 * 1024 };
const database = engine === 'rocksdb' ? await RocksDbEngine.open(options) : await LevelDbEngine.open(options);
const text = (of) => new TextEncoder().encode(of);

for (let number = Number(first); ; number += 1) {
  const batch = database.batch();
  if (number % 7 === 0) batch.deleteRange(text('scratch/'), text('scratch0'));
  for (let row = 0; row < 50; row += 1) batch.put(text(`row/${row}`), text(`${number}`.padEnd(200, '.')));
  batch.put(text(`scratch/${number}`), text('x'));
  batch.put(text('offset'), text(`${number}`));
  await batch.commit();
  // Straight to the pipe: what the parent reads was committed, whatever happens to this process next.
  writeSync(1, `${number}\n`);
}
