/** One request to a child process and its replies, with a limit to its silence: a fault may stop it for ever. */
import type { ChildProcess } from 'node:child_process';

export interface Conversation<Request, Reply> {
  readonly request: Request;
  /** The process is ended when it says nothing for so long. */
  readonly silenceMs: number;
  /** Called with each reply: whether it is the last. */
  readonly ends: (reply: Reply) => boolean;
}

/** The last reply; undefined when the process ended or went silent, and then it is gone. */
export function converse<Request extends object, Reply>(
  child: ChildProcess,
  { ends, request, silenceMs }: Conversation<Request, Reply>,
): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const stop = (): void => {
      child.kill('SIGKILL');
    };
    let timer = setTimeout(stop, silenceMs);
    const done = (reply: Reply | undefined): void => {
      clearTimeout(timer);
      child.off('message', heard);
      child.off('exit', gone);
      resolve(reply);
    };
    const gone = (): void => done(undefined);
    // The child is a module of this folder, which sends replies of this type.
    const heard = (message: unknown): void => {
      clearTimeout(timer);
      timer = setTimeout(stop, silenceMs);
      const reply = message as Reply;
      if (ends(reply)) done(reply);
    };
    child.on('message', heard);
    child.on('exit', gone);
    if (child.exitCode !== null || child.signalCode !== null) done(undefined);
    else child.send(request);
  });
}
