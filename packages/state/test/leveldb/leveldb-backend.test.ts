import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeBackendConformance } from '../../src/conformance/index.ts';
import { leveldb } from '../../src/leveldb/index.ts';

describeBackendConformance(
  { describe, it, expect },
  {
    name: 'leveldb',
    createPlace: () => {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-leveldb-'));
      return { createBackend: () => leveldb({ directory }), dispose: () => rmSync(directory, { recursive: true, force: true }) };
    },
  },
);
