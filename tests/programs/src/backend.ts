/** The state backend that a program's `--engine` names. */
import { type StateBackend, leveldb, memory, rocksdb } from 'millrace';

export function backendOf(engine: string, directory: string): StateBackend {
  switch (engine) {
    case 'memory':
      return memory();
    case 'leveldb':
      return leveldb({ directory });
    case 'rocksdb':
      return rocksdb({ directory });
    default:
      throw new Error(`no such engine: ${engine}`);
  }
}
