/**
 * One connection to one node for one channel, from the moment somebody needs it until nobody does.
 *
 * A lane on which a request timed out or was given up is retired: a broker answers in order, so whatever follows would wait behind that request. Who
 * already waits on a retired lane still gets his answer; with the last of them the connection closes.
 */
import type { Link } from './link.ts';
import type { NodeVersions } from './wire-port.ts';

export class Lane {
  readonly link: Promise<Link>;
  /** Set once it is open. */
  opened: Link | undefined;
  /** Asked once a connection. */
  versions: Promise<NodeVersions> | undefined;
  #waiting = 0;
  #isRetired = false;
  #cancelOpening: () => void;

  constructor(link: Promise<Link>, cancelOpening: () => void) {
    this.#cancelOpening = cancelOpening;
    this.link = link.then((opened) => {
      this.opened = opened;
      if (this.#isRetired && this.#waiting === 0) opened.destroy();
      return opened;
    });
    // Whoever waits handles the failure; if all gave up before, nobody is left to.
    this.link.catch(() => {});
  }

  /** Whether a new request may use it. */
  isUsable(): boolean {
    return !this.#isRetired && this.opened?.isOpen() !== false;
  }

  enter(): void {
    this.#waiting++;
  }

  leave(): void {
    this.#waiting--;
    if (this.#isRetired && this.#waiting === 0) this.destroy();
  }

  /** Takes no more requests. */
  retire(): void {
    this.#isRetired = true;
    if (this.#waiting === 0) this.destroy();
  }

  destroy(): void {
    this.#isRetired = true;
    this.#cancelOpening();
    this.opened?.destroy();
  }
}
