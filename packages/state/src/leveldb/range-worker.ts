/**
 * The worker thread that reads LevelDB ranges for threads that cannot wait for promises.
 *
 * `classic-level` iterates asynchronously only. This thread opens the same databases (one handle more on the same LevelDB), iterates in the usual
 * way, and hands the rows over through shared memory, while the asking thread sleeps. See range-protocol.ts.
 */
import { receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { type ClassicLevel, type LevelDatabase, type LevelIterator, loadClassicLevel } from './binding.ts';
import {
  type Bounds,
  type Failure,
  flag,
  type OpenRequest,
  operation,
  openWindow,
  protocolVersion,
  rowHeaderBytes,
  rowsLength,
  type SharedWindow,
  state,
  windowBytes,
  word,
  writeRows,
} from './range-protocol.ts';

/** What the client passes to the thread. */
export interface RangeWorkerData {
  readonly memory: SharedArrayBuffer;
  readonly port: MessagePort;
}

interface OpenDatabase {
  readonly database: LevelDatabase;
  readonly iterators: Set<number>;
}

/** Half of the window: a chunk goes beyond it by one row only, which then mostly fits. */
const chunkBytes = windowBytes / 2;

class RangeWorker {
  readonly #window: SharedWindow;
  readonly #port: MessagePort;
  readonly #databases = new Map<number, OpenDatabase>();
  readonly #iterators = new Map<number, LevelIterator>();
  #binding: ClassicLevel | undefined = undefined;

  constructor({ memory, port }: RangeWorkerData) {
    this.#window = openWindow(memory);
    this.#port = port;
  }

  /** Until the thread is ended from outside. */
  async serve(): Promise<never> {
    const { control } = this.#window;
    for (;;) {
      const current = Atomics.load(control, word.state);
      if (current !== state.requested) {
        Atomics.wait(control, word.state, current);
        continue;
      }
      const closing = control[word.closingIterator] as number; // indexes of `word` lie in the control block
      const closingDatabase = control[word.closingDatabase] as number;
      const answers = control[word.operation] !== operation.close;
      try {
        await this.#perform();
      } catch (error) {
        this.#fail(error);
      }
      Atomics.store(control, word.state, answers ? state.answered : state.idle);
      Atomics.notify(control, word.state);
      // While the client goes on with its answer.
      if (closing !== 0) await this.#closeIterator(closingDatabase, closing);
    }
  }

  async #perform(): Promise<void> {
    const { control } = this.#window;
    const database = control[word.database] as number;
    const iterator = control[word.iterator] as number;
    switch (control[word.operation]) {
      case operation.openDatabase:
        return this.#openDatabase(database);
      case operation.closeDatabase:
        return this.#closeDatabase(database);
      case operation.openIterator:
        return this.#openIterator(database, iterator);
      case operation.next:
        return this.#next(database, iterator);
      case operation.close:
        return;
      default:
        throw new Error(`unknown operation ${control[word.operation]}`);
    }
  }

  async #openDatabase(id: number): Promise<void> {
    const { version, location } = this.#receive() as OpenRequest; // what the client sends with this operation
    if (version !== protocolVersion)
      throw new Error(`the range worker speaks version ${protocolVersion}, its client ${version}: build the package again`);
    this.#binding ??= await loadClassicLevel();
    const database = new this.#binding(location, { keyEncoding: 'buffer', valueEncoding: 'buffer', multithreading: true });
    await database.open();
    this.#databases.set(id, { database, iterators: new Set() });
    this.#answer(0, 0, 0);
  }

  async #closeDatabase(id: number): Promise<void> {
    const open = this.#databases.get(id);
    if (open !== undefined) {
      for (const iterator of open.iterators) await this.#closeIterator(id, iterator);
      this.#databases.delete(id);
      await open.database.close();
    }
    this.#answer(0, 0, 0);
  }

  async #openIterator(id: number, iterator: number): Promise<void> {
    const open = this.#databases.get(id);
    if (open === undefined) throw new Error(`database ${id} is not open`);
    const { lower, upper } = this.#bounds();
    const reverse = ((this.#window.control[word.flags] as number) & flag.reverse) !== 0;
    const range = {
      reverse,
      highWaterMarkBytes: chunkBytes,
      ...(lower === undefined ? {} : { gte: lower }),
      ...(upper === undefined ? {} : { lt: upper }),
    };
    this.#iterators.set(iterator, open.database.iterator(range));
    open.iterators.add(iterator);
    await this.#next(id, iterator);
  }

  async #next(id: number, iterator: number): Promise<void> {
    const source = this.#iterators.get(iterator);
    if (source === undefined) throw new Error(`iterator ${iterator} is not open`);
    const wanted = this.#window.control[word.rows] as number;
    const rows = await source.nextv(wanted);
    const length = rowsLength(rows);
    // Fewer rows than wanted are the end, unless the chunk is full.
    const finished = rows.length < wanted && length - rows.length * rowHeaderBytes <= chunkBytes;
    if (finished) await this.#closeIterator(id, iterator);
    const flags = finished ? flag.finished : 0;
    if (length <= windowBytes) {
      writeRows(rows, this.#window.bytes);
      this.#answer(flags, rows.length, length);
      return;
    }
    const bytes = new Uint8Array(length);
    writeRows(rows, bytes);
    this.#port.postMessage(bytes, [bytes.buffer]);
    this.#answer(flags | flag.byPort, rows.length, length);
  }

  async #closeIterator(id: number, iterator: number): Promise<void> {
    const source = this.#iterators.get(iterator);
    this.#iterators.delete(iterator);
    this.#databases.get(id)?.iterators.delete(iterator);
    await source?.close();
  }

  #bounds(): Bounds {
    const { control, bytes } = this.#window;
    const flags = control[word.flags] as number;
    if ((flags & flag.byPort) !== 0) return this.#receive() as Bounds; // what the client sends with this flag
    const lowerEnd = control[word.firstLength] as number;
    const upperEnd = lowerEnd + (control[word.secondLength] as number);
    // Copied: the window is used for the answer.
    return {
      lower: (flags & flag.hasLower) === 0 ? undefined : bytes.slice(0, lowerEnd),
      upper: (flags & flag.hasUpper) === 0 ? undefined : bytes.slice(lowerEnd, upperEnd),
    };
  }

  #receive(): unknown {
    return receiveMessageOnPort(this.#port)?.message as unknown;
  }

  #answer(flags: number, rows: number, length: number): void {
    const { control } = this.#window;
    control[word.flags] = flags;
    control[word.rows] = rows;
    control[word.firstLength] = length;
  }

  #fail(error: unknown): void {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
    const failure: Failure = { code, message: cause instanceof Error ? cause.message : String(cause) };
    this.#port.postMessage(failure);
    this.#answer(flag.failed, 0, 0);
  }
}

void new RangeWorker(workerData as RangeWorkerData).serve(); // the client starts this module with that data
