/** `persistent()`: RocksDB where it can be loaded, else LevelDB; but always the engine that a directory's state was written with. */
import { checkBackendOptions, isFunction } from '../backend-options.ts';
import type { BackendRequest, StateBackend, StateDirectory } from '../backend.ts';
import { applicationDirectory, directoryOptionChecks, type DirectoryOptions, openDirectory } from '../directory/disk-backend.ts';
import type { DurableEngine } from '../directory/durable-engine.ts';
import { readMarkers } from '../directory/slot.ts';
import { StateError } from '../errors.ts';
import { levelDbEngine } from '../leveldb/index.ts';
import { checkName } from '../names.ts';
import { rocksDbEngine } from '../rocksdb/index.ts';

export interface PersistentOptions extends DirectoryOptions {
  /** Told once for each engine chosen: which, and why. Default: nobody is told. */
  readonly log?: ((message: string) => void) | undefined;
  /** The engines to choose from, best first. Default: RocksDB, LevelDB. */
  readonly engines?: readonly DurableEngine[] | undefined;
}

interface Choice {
  readonly engine: DurableEngine;
  readonly reason: string;
}

/**
 * State in a directory, on the best engine that this machine has. A directory with state keeps its engine: where that one cannot be loaded, `open` throws
 * `MR_STATE_ENGINE_UNAVAILABLE` instead of starting over with another. The kind is `persistent`; the tasks' engines tell theirs.
 *
 * @throws MR_CONFIG_INVALID without a directory, for an option that there is not, and for what an option cannot be
 */
export function persistent(options: PersistentOptions): StateBackend {
  checkBackendOptions('persistent', options, { ...directoryOptionChecks, log: isFunction, engines: isList }, 'directory');
  const engines = options.engines ?? [rocksDbEngine, levelDbEngine];
  const told = new Set<string>();
  return {
    kind: 'persistent',
    durable: true,
    synchronous: false,
    open: async (request: BackendRequest): Promise<StateDirectory> => {
      checkName('application id', request.applicationId);
      const found = readMarkers(applicationDirectory(options, request))[0]?.engine;
      const { engine, reason } = found === undefined ? await firstAvailable(engines) : markedEngine(engines, found, options.directory);
      const directory = await openDirectory(engine, options, request);
      if (!told.has(engine.kind)) {
        told.add(engine.kind);
        options.log?.(`State is kept in ${directory.location} with the engine ${engine.kind}: ${reason}.`);
      }
      return directory;
    },
  };
}

const isList = (value: unknown): string | undefined => (Array.isArray(value) ? undefined : 'must be a list of engines');

function markedEngine(engines: readonly DurableEngine[], kind: string, directory: string): Choice {
  const engine = engines.find((candidate) => candidate.kind === kind);
  if (engine !== undefined) return { engine, reason: 'the state in it was written with this one' };
  throw new StateError(
    'MR_STATE_ENGINE_MISMATCH',
    `The state in ${directory} was written with the engine ${kind}, which is not among ${engines.map((candidate) => candidate.kind).join(', ')}. ` +
      'Use that engine, or another directory: state is then restored from the changelogs.',
    { details: { directory, found: kind } },
  );
}

async function firstAvailable(engines: readonly DurableEngine[]): Promise<Choice> {
  let missing: unknown;
  const passedOver: string[] = [];
  for (const engine of engines) {
    try {
      await engine.load();
      return { engine, reason: passedOver.length === 0 ? 'it is the default' : `${passedOver.join(', ')} cannot be loaded here` };
    } catch (error) {
      if (!(error instanceof StateError) || error.code !== 'MR_STATE_ENGINE_UNAVAILABLE') throw error;
      missing ??= error;
      passedOver.push(engine.kind);
    }
  }
  throw missing instanceof Error
    ? missing
    : new StateError('MR_STATE_ENGINE_UNAVAILABLE', 'There is no engine to choose from. Name one in `engines`.');
}
