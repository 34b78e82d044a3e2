/** The Java process of the hand-over, which starts and stops applications when it is asked to. */
import type { AppProcess } from '../support/app-process.ts';
import { bootstrap } from '../support/broker.ts';
import { startJava } from '../support/java-streams.ts';

export class JavaServer {
  readonly #process: AppProcess;
  #address = '';

  private constructor(process: AppProcess) {
    this.#process = process;
  }

  static async start(classPath: string): Promise<JavaServer> {
    const process = startJava(classPath, 'StoreKindsServer', { bootstrap: bootstrap() });
    const server = new JavaServer(process);
    await process.says('READY ');
    server.#address = `http://127.0.0.1:${/^READY (\d+)$/m.exec(process.output)?.[1]}`;
    return server;
  }

  /** Throws with all that the process said once an application has failed. */
  check(): void {
    if (this.#process.ended) throw new Error(this.#process.output);
  }

  /** Returns the description of the topology, once the application runs. */
  start(options: {
    readonly 'app-id': string;
    readonly in: string;
    readonly out: string;
    readonly 'state-dir': string;
    readonly format: string;
    readonly optimize: string;
  }): Promise<string> {
    return this.#ask('start', options);
  }

  /** What Java reads from the text that is committed with offsets: a line for each partition with its time and those of the processors. */
  async times(applicationId: string, processors: readonly string[]): Promise<readonly string[]> {
    const text = await this.#ask('times', { 'app-id': applicationId, processors: processors.join(',') });
    return text === '' ? [] : text.split('\n');
  }

  /** Resolves when the application's global table has the epoch. */
  async places(applicationId: string, epoch: string): Promise<void> {
    await this.#ask('places', { 'app-id': applicationId, epoch });
  }

  /** Resolves when the application has committed, closed its stores and left the group. */
  async stop(applicationId: string): Promise<void> {
    await this.#ask('stop', { 'app-id': applicationId });
  }

  async kill(): Promise<void> {
    if (!this.#process.ended) await this.#process.kill();
  }

  async #ask(path: string, query: Readonly<Record<string, string>>): Promise<string> {
    try {
      const response = await fetch(`${this.#address}/${path}?${new URLSearchParams(query).toString()}`);
      const text = await response.text();
      if (!response.ok) throw new Error(text);
      return text;
    } catch (error) {
      throw new Error(`Java did not ${path}:\n${this.#process.output}`, { cause: error });
    }
  }
}
