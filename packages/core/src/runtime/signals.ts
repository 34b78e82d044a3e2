/** Stopping from outside: the first SIGINT or SIGTERM closes, the second exits. */
import process from 'node:process';
import type { Logger } from '../log.ts';
import type { SignalSource } from './options.ts';

/** Returns a function that stops watching. `source` is the process unless a test gives another. */
export function watchSignals(source: SignalSource | undefined, close: () => void, log: Logger): () => void {
  const target: SignalSource = source ?? process;
  let asked = false;
  const onSignal = (): void => {
    if (asked) {
      log.warn('a second signal: exiting without waiting for the close');
      target.exit(1);
      return;
    }
    asked = true;
    log.info('a signal asks to stop: closing');
    close();
  };
  target.on('SIGINT', onSignal);
  target.on('SIGTERM', onSignal);
  return () => {
    target.off('SIGINT', onSignal);
    target.off('SIGTERM', onSignal);
  };
}
