/** Reads a range and ends without closing anything. Arguments: engine, directory. */
import { LevelDbEngine } from '@millrace/state/leveldb';
import { RocksDbEngine } from '@millrace/state/rocksdb';

const [engine, directory] = process.argv.slice(2);
const options = { directory, memoryBytes: 8 * 1024 * 1024 };
const database = engine === 'rocksdb' ? await RocksDbEngine.open(options) : await LevelDbEngine.open(options);
const batch = database.batch();
for (let row = 0; row < 100; row += 1) batch.put(Uint8Array.of(1, row), Uint8Array.of(row));
await batch.commit();
const iterator = database.iterate({});
iterator.next();
process.send(iterator.key[1]);
process.disconnect();
