import { describe, expect, it } from 'vitest';
import { classify } from '../src/classify.ts';
import { StateError } from '../src/errors.ts';

const coded = (code: string, message: string, cause?: unknown): Error => Object.assign(new Error(message, { cause }), { code });

describe('classify', () => {
  it.each([
    { name: 'Node: disk full', error: coded('ENOSPC', 'ENOSPC: no space left on device, write'), code: 'MR_STATE_DISK_FULL' },
    { name: 'Node: quota', error: coded('EDQUOT', 'EDQUOT: disk quota exceeded'), code: 'MR_STATE_DISK_FULL' },
    {
      name: 'engine: disk full',
      error: coded('LEVEL_IO_ERROR', 'IO error: No space left on device: While appending to file: x'),
      code: 'MR_STATE_DISK_FULL',
    },
    { name: 'Node: not allowed', error: coded('EACCES', 'EACCES: permission denied, mkdir'), code: 'MR_STATE_DIRECTORY_UNWRITABLE' },
    { name: 'Node: read-only', error: coded('EROFS', 'EROFS: read-only file system'), code: 'MR_STATE_DIRECTORY_UNWRITABLE' },
    {
      name: 'engine: not allowed',
      error: coded('LEVEL_IO_ERROR', 'IO error: x/LOCK: Permission denied'),
      code: 'MR_STATE_DIRECTORY_UNWRITABLE',
    },
    {
      name: 'engine: locked, in the cause',
      error: coded(
        'LEVEL_DATABASE_NOT_OPEN',
        'Database failed to open',
        coded('LEVEL_LOCKED', 'IO error: lock x/LOCK: Resource temporarily unavailable'),
      ),
      code: 'MR_STATE_DIRECTORY_LOCKED',
    },
    {
      name: 'engine: locked, by text',
      error: new Error('IO error: lock x/LOCK: already held by process'),
      code: 'MR_STATE_DIRECTORY_LOCKED',
    },
    { name: 'engine: damaged', error: coded('LEVEL_CORRUPTION', 'Corruption: bad block'), code: 'MR_STATE_CORRUPT' },
    { name: 'anything else', error: new Error('a surprise'), code: 'MR_STATE_IO' },
    { name: 'no error at all', error: 'text', code: 'MR_STATE_IO' },
  ])('$name → $code', ({ error, code }) => {
    const classified = classify(error, { action: 'do it', engine: 'rocksdb', directory: '/state/task', taskId: '0_0' });
    expect(classified).toMatchObject({ code, cause: error, details: { engine: 'rocksdb', directory: '/state/task', taskId: '0_0' } });
    expect(classified.message).toMatch(/^MR_\w+: Could not do it in \/state\/task: .+\. [A-Z].+\.$/);
  });

  it('leaves an error that has its code', () => {
    const error = new StateError('MR_STATE_CLOSED', 'closed');
    expect(classify(error, { action: 'do it' })).toBe(error);
  });

  it('ends where an error is its own cause', () => {
    const error = new Error('circle');
    error.cause = error;
    expect(classify(error, { action: 'do it' }).code).toBe('MR_STATE_IO');
  });
});
