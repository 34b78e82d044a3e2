import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeEngineConformance } from '../../src/conformance/index.ts';
import { RocksDbEngine } from '../../src/rocksdb/rocksdb-engine.ts';

const memoryBytes = 16 * 1024 * 1024;

describeEngineConformance(
  { describe, it, expect },
  {
    name: 'rocksdb',
    createPlace: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'millrace-rocksdb-'));
      return {
        open: () => RocksDbEngine.open({ directory, memoryBytes }),
        dispose: () => rmSync(directory, { recursive: true, force: true }),
      };
    },
  },
);
