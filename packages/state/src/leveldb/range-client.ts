/**
 * The asking side of the range worker: one a thread, for all LevelDB databases that the thread has open, started by the first range.
 *
 * A call sleeps until the worker answers. It cannot wait for each other forever: the worker needs nothing of this thread, and a worker that died
 * is found by a time limit.
 */
import { existsSync } from 'node:fs';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { EngineRange } from '../engine.ts';
import { StateError } from '../errors.ts';
import {
  createWindow,
  type Failure,
  flag,
  operation,
  protocolVersion,
  type SharedWindow,
  state,
  windowBytes,
  word,
} from './range-protocol.ts';

/** Longer than any chunk of rows takes; a disk that needs more is as good as gone. */
const answerTimeoutMs = 60_000;

/** Workers cannot run TypeScript on every Node that we support: from source, the built one is used. */
const workerUrl: URL = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/leveldb/range-worker.js', import.meta.url)
  : new URL('./range-worker.js', import.meta.url);

/** Rows in the layout of range-protocol.ts, owned by whoever asked. */
export interface RangeChunk {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly finished: boolean;
}

let shared: RangeClient | undefined = undefined;

export class RangeClient {
  readonly #window: SharedWindow = createWindow();
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #databases = new Set<number>();
  #lastId = 0;
  /** Goes along with the next request, or alone when this thread comes to rest: a round trip less for each range. */
  #closing: { readonly database: number; readonly iterator: number } | undefined = undefined;
  #closeScheduled = false;
  /** Why nothing can be asked any more. */
  #broken: Error | undefined = undefined;

  private constructor() {
    // A worker without its module would be found by the time limit only.
    if (!existsSync(workerUrl)) {
      throw new StateError(
        'MR_STATE_ENGINE_UNAVAILABLE',
        `The module of LevelDB's range worker is not at ${workerUrl.href}. Build or install the package again.`,
        {
          details: { engine: 'leveldb', module: workerUrl.href },
        },
      );
    }
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(workerUrl, {
      workerData: { memory: this.#window.memory, port: port2 },
      transferList: [port2],
      // Nothing of the parent's flags applies to a thread that only reads a database.
      execArgv: [],
      name: 'millrace-leveldb-ranges',
    });
    this.#worker.on('error', (error: Error) => {
      this.#broken = error;
    });
    this.#worker.unref();
    port1.unref();
  }

  /** Opens a database, which this thread has open already, in the worker. */
  static openDatabase(location: string): { readonly client: RangeClient; readonly database: number } {
    if (shared === undefined || shared.#broken !== undefined) shared = new RangeClient();
    return { client: shared, database: shared.#openDatabase(location) };
  }

  /** Ends the worker with its last database. Call it before the database is closed here: the worker's handle is on the same LevelDB. */
  async closeDatabase(database: number): Promise<void> {
    if (this.#broken === undefined) this.#ask(operation.closeDatabase, database, 0, 0);
    this.#databases.delete(database);
    if (this.#databases.size > 0) return;
    if (shared === this) shared = undefined;
    this.#port.close();
    await this.#worker.terminate();
  }

  /** A cursor over the database as it is now, and its first rows. */
  openIterator(database: number, range: EngineRange, rows: number): { readonly iterator: number; readonly chunk: RangeChunk } {
    const iterator = this.#nextId();
    const { gte, lt } = range;
    let flags =
      (range.reverse === true ? flag.reverse : 0) | (gte === undefined ? 0 : flag.hasLower) | (lt === undefined ? 0 : flag.hasUpper);
    this.#awaitIdle();
    const { control, bytes } = this.#window;
    const lowerLength = gte?.length ?? 0;
    const upperLength = lt?.length ?? 0;
    if (lowerLength + upperLength > windowBytes) {
      flags |= flag.byPort;
      this.#port.postMessage({ lower: gte, upper: lt });
    } else {
      if (gte !== undefined) bytes.set(gte, 0);
      if (lt !== undefined) bytes.set(lt, lowerLength);
    }
    control[word.firstLength] = lowerLength;
    control[word.secondLength] = upperLength;
    control[word.rows] = rows;
    this.#ask(operation.openIterator, database, iterator, flags);
    return { iterator, chunk: this.#takeChunk() };
  }

  next(database: number, iterator: number, rows: number): RangeChunk {
    this.#awaitIdle();
    this.#window.control[word.rows] = rows;
    this.#ask(operation.next, database, iterator, 0);
    return this.#takeChunk();
  }

  /** Does not wait. The worker closes it with the next request, at the latest when this thread has finished what it is doing. */
  closeIterator(database: number, iterator: number): void {
    if (this.#closing !== undefined) this.#sendClose();
    this.#closing = { database, iterator };
    if (this.#closeScheduled) return;
    this.#closeScheduled = true;
    queueMicrotask(() => {
      this.#closeScheduled = false;
      this.#sendClose();
    });
  }

  #sendClose(): void {
    if (this.#closing === undefined || this.#broken !== undefined) return;
    try {
      this.#request(operation.close, 0, 0, 0);
    } catch {
      // The worker is gone: the next read says so. Nothing is lost by an iterator that stays open in it.
    }
  }

  #openDatabase(location: string): number {
    const database = this.#nextId();
    this.#awaitIdle();
    this.#port.postMessage({ version: protocolVersion, location });
    this.#databases.add(database);
    try {
      this.#ask(operation.openDatabase, database, 0, 0);
    } catch (error) {
      this.#databases.delete(database);
      throw error;
    }
    return database;
  }

  /** A 32-bit word that is not 0; one comes back after two billion others. */
  #nextId(): number {
    this.#lastId = this.#lastId === 0x7fff_ffff ? 1 : this.#lastId + 1;
    return this.#lastId;
  }

  #takeChunk(): RangeChunk {
    const { control, bytes } = this.#window;
    const flags = control[word.flags] as number; // indexes of `word` lie in the control block
    const rows = control[word.rows] as number;
    const length = control[word.firstLength] as number;
    const byPort = (flags & flag.byPort) !== 0;
    return {
      bytes: byPort ? (this.#receive() as Uint8Array) : bytes.slice(0, length), // the worker sends rows with this flag
      rows,
      finished: (flags & flag.finished) !== 0,
    };
  }

  /** Sends the request and sleeps until it is answered. Throws what failed over there. */
  #ask(what: number, database: number, iterator: number, flags: number): void {
    this.#request(what, database, iterator, flags);
    const { control } = this.#window;
    this.#sleepWhile(state.requested);
    Atomics.store(control, word.state, state.idle);
    if (((control[word.flags] as number) & flag.failed) === 0) return;
    const failure = this.#receive() as Failure; // the worker sends one with this flag
    throw Object.assign(new Error(failure.message), failure.code === undefined ? {} : { code: failure.code });
  }

  #request(what: number, database: number, iterator: number, flags: number): void {
    this.#awaitIdle();
    const { control } = this.#window;
    control[word.operation] = what;
    control[word.database] = database;
    control[word.iterator] = iterator;
    control[word.flags] = flags;
    control[word.closingDatabase] = this.#closing?.database ?? 0;
    control[word.closingIterator] = this.#closing?.iterator ?? 0;
    this.#closing = undefined;
    Atomics.store(control, word.state, state.requested);
    Atomics.notify(control, word.state);
  }

  /** A request without an answer may still be under way. */
  #awaitIdle(): void {
    if (this.#broken !== undefined) throw this.#broken;
    this.#sleepWhile(state.requested);
  }

  #sleepWhile(value: number): void {
    const { control } = this.#window;
    while (Atomics.load(control, word.state) === value) {
      if (Atomics.wait(control, word.state, value, answerTimeoutMs) === 'timed-out') {
        this.#broken = new Error(`The worker that reads LevelDB ranges did not answer for ${answerTimeoutMs} ms`);
        throw this.#broken;
      }
    }
  }

  #receive(): unknown {
    return receiveMessageOnPort(this.#port)?.message as unknown;
  }
}
