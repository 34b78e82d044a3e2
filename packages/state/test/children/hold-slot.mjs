/** Claims a slot, says which, and holds it until it is killed or told to let go. Arguments: engine, directory. */
import { leveldb } from '@millrace/state/leveldb';
import { rocksdb } from '@millrace/state/rocksdb';

const [engine, directory] = process.argv.slice(2);
const backend = engine === 'rocksdb' ? rocksdb({ directory }) : leveldb({ directory });
const claimed = await backend.open({ applicationId: 'application', now: () => Date.now() });
process.on('message', async () => {
  await claimed.close();
  process.send('released');
  process.disconnect();
});
process.send({ location: claimed.location, processId: claimed.processId });
