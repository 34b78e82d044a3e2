/** Task ids, `<subtopology>_<partition>`, and their one order: every list of tasks is sorted by it, so that assignment is the same on any machine. */

export interface TaskId {
  readonly subtopology: number;
  readonly partition: number;
}

export function formatTaskId(subtopology: number, partition: number): string {
  return `${subtopology}_${partition}`;
}

/** Undefined if the text is no task id, e.g. a folder of something else. */
export function parseTaskId(text: string): TaskId | undefined {
  const match = /^(\d{1,9})_(\d{1,9})$/.exec(text);
  if (match === null) return undefined;
  return { subtopology: Number(match[1]), partition: Number(match[2]) };
}

/** By sub-topology, then partition; ids that are not of this form come last, by text. */
export function compareTaskIds(a: string, b: string): number {
  const left = parseTaskId(a);
  const right = parseTaskId(b);
  if (left === undefined || right === undefined) {
    if (left !== undefined) return -1;
    if (right !== undefined) return 1;
    return compareText(a, b);
  }
  return left.subtopology - right.subtopology || left.partition - right.partition;
}

/** Order by UTF-16 units: the same everywhere, unlike a locale's. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
