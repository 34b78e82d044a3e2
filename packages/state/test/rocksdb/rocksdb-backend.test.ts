import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeBackendConformance } from '../../src/conformance/index.ts';
import { rocksdb } from '../../src/rocksdb/index.ts';

describeBackendConformance(
  { describe, it, expect },
  {
    name: 'rocksdb',
    createPlace: () => {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-rocksdb-'));
      return { createBackend: () => rocksdb({ directory }), dispose: () => rmSync(directory, { recursive: true, force: true }) };
    },
  },
);
