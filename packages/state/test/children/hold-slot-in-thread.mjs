/** Claims a slot in a worker thread, says which, and holds it until it is told to let go. Arguments: engine, directory. */
import { leveldb } from '@millrace/state/leveldb';
import { rocksdb } from '@millrace/state/rocksdb';
import { parentPort } from 'node:worker_threads';

const [engine, directory] = process.argv.slice(2);
const backend = engine === 'rocksdb' ? rocksdb({ directory }) : leveldb({ directory });
const claimed = await backend.open({ applicationId: 'application', now: () => Date.now() });
parentPort.once('message', async () => {
  await claimed.close();
  parentPort.postMessage('released');
});
parentPort.postMessage({ location: claimed.location });
