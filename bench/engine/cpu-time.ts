/** CPU time of other processes, from Linux' `/proc`. */
import { readdirSync, readFileSync } from 'node:fs';

/** `/proc` counts in hundredths of a second on every Linux that Node runs on. */
const ticksPerSecond = 100;

// Places of the fields in `stat`, counted from behind the command: own time, then that of children which have ended.
const utime = 11;
const cutime = 13;
const cstime = 14;

/** User and system time so far of a process that runs and of all below it, in seconds; undefined where there is no `/proc`. */
export function cpuSecondsOf(pid: number): number | undefined {
  try {
    let seconds = sumOfTicks(pid, utime, cstime);
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
      for (const child of children === '' ? [] : children.split(' ')) seconds += cpuSecondsOf(Number(child)) ?? 0;
    }
    return seconds;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The same of all processes below this one that have ended. */
export function cpuSecondsOfEnded(): number | undefined {
  try {
    return sumOfTicks('self', cutime, cstime);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function sumOfTicks(pid: number | 'self', first: number, last: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, the command in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(first, last + 1).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
