/**
 * How others reach the run loop. One loop owns every task; what must touch tasks (a barrier, an assignment, a stop) is posted here and runs between two of its
 * iterations, so that no two steps ever see half of each other's work (I1, I4).
 */

interface Job {
  readonly work: () => Promise<void> | void;
  readonly done: () => void;
}

export class Mailbox {
  #jobs: Job[] = [];
  #waiting: AbortController | undefined;
  #closed = false;

  /**
   * Resolves when the loop has done the work, or when it never will because it ended. Does not reject: a failure is the loop's to handle.
   */
  post(work: () => Promise<void> | void): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#jobs.push({ work, done: resolve });
      this.wake();
    });
  }

  /** Ends the loop's current wait. */
  wake(): void {
    this.#waiting?.abort();
    this.#waiting = undefined;
  }

  get empty(): boolean {
    return this.#jobs.length === 0;
  }

  /** A signal that aborts when something is posted; aborted already if something is there. */
  waitSignal(): AbortSignal {
    if (this.#waiting === undefined) {
      const controller = new AbortController();
      if (this.#jobs.length > 0) controller.abort();
      else this.#waiting = controller;
      return controller.signal;
    }
    return this.#waiting.signal;
  }

  /** Does what was posted, in order. What a job throws is thrown here, after its poster was told that it is over. */
  async drain(): Promise<void> {
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      try {
        await job.work();
      } finally {
        job.done();
      }
    }
  }

  /** The loop ended: nobody waits for it any more. */
  close(): void {
    this.#closed = true;
    const jobs = this.#jobs;
    this.#jobs = [];
    for (const job of jobs) job.done();
    this.wake();
  }
}
