import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeEngineConformance } from '../../src/conformance/index.ts';
import { LevelDbEngine } from '../../src/leveldb/leveldb-engine.ts';

const memoryBytes = 16 * 1024 * 1024;

describeEngineConformance(
  { describe, it, expect },
  {
    name: 'leveldb',
    createPlace: () => {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-leveldb-'));
      return {
        open: () => LevelDbEngine.open({ directory, memoryBytes }),
        dispose: () => rmSync(directory, { recursive: true, force: true }),
      };
    },
  },
);
