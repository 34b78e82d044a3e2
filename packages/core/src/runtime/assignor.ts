/**
 * Who runs which task: sticky, balanced, deterministic. Pure: every input is sorted first, so that the same group gives the same answer on any member.
 *
 * Tasks with state are placed first, under a quota of their own: to the previous owner while it is under its quota, else to the member whose local state is least behind,
 * else to the least loaded. Tasks without state fill up to the quota of all. Kafka Streams: `StickyTaskAssignor`.
 */
import { compareTaskIds, compareText, parseTaskId } from './task-id.ts';

export interface AssignableTask {
  readonly id: string;
  /** It has a changelog: moving it costs a restore. */
  readonly stateful: boolean;
}

export interface AssignableMember {
  readonly memberId: string;
  /** Members of one process keep their order over restarts by it. */
  readonly processId: string;
  /** Tasks that it ran when it joined. */
  readonly previous: ReadonlySet<string>;
  /** How far its local state of a task reaches: the sum of its changelog offsets, so the largest is the least behind. A task without local state is absent. */
  readonly positions: ReadonlyMap<string, number>;
}

/** Tasks by member id; every member has an entry, every task is in exactly one, each list is sorted. Without members it is empty. */
export function assignTasks(tasks: readonly AssignableTask[], members: readonly AssignableMember[]): Map<string, string[]> {
  const loads = [...members]
    .sort((a, b) => compareText(a.processId, b.processId) || compareText(a.memberId, b.memberId))
    .map((member) => new Load(member));
  if (loads.length > 0) {
    const sorted = [...tasks].sort((a, b) => compareTaskIds(a.id, b.id));
    place(
      sorted.filter((task) => task.stateful),
      loads,
    );
    place(
      sorted.filter((task) => !task.stateful),
      loads,
    );
  }
  return new Map(loads.map((load) => [load.member.memberId, load.tasks.sort(compareTaskIds)]));
}

class Load {
  readonly member: AssignableMember;
  readonly tasks: string[] = [];
  quota = 0;

  constructor(member: AssignableMember) {
    this.member = member;
  }

  get room(): number {
    return this.quota - this.tasks.length;
  }

  add(task: AssignableTask): void {
    this.tasks.push(task.id);
  }

  /** Tasks of this sub-topology that it has: spreading them spreads the load, since their partitions cost alike. */
  countOf(subtopology: number): number {
    return this.tasks.reduce((count, id) => count + (parseTaskId(id)?.subtopology === subtopology ? 1 : 0), 0);
  }
}

function place(tasks: readonly AssignableTask[], loads: readonly Load[]): void {
  setQuotas(tasks, loads);
  const open: AssignableTask[] = [];
  for (const task of tasks) {
    const owner = loads.find((load) => load.member.previous.has(task.id) && load.room > 0);
    if (owner === undefined) open.push(task);
    else owner.add(task);
  }
  const rest: AssignableTask[] = [];
  for (const task of open) {
    const closest = best(loads, (load) => {
      const position = load.member.positions.get(task.id);
      return position === undefined ? undefined : -position;
    });
    if (closest === undefined) rest.push(task);
    else closest.add(task);
  }
  for (const task of rest) {
    const subtopology = parseTaskId(task.id)?.subtopology ?? -1;
    // Fewest tasks first; among those the one with the fewest of this sub-topology.
    best(loads, (load) => load.tasks.length * 1e6 + load.countOf(subtopology))?.add(task);
  }
}

/**
 * Everybody may have the average; of the tasks that do not divide evenly one goes to each of those that have one more already, then to those with most to keep.
 * Loads differ by one at most when this is called, so the quotas always add up to the tasks.
 */
function setQuotas(tasks: readonly AssignableTask[], loads: readonly Load[]): void {
  const total = loads.reduce((sum, load) => sum + load.tasks.length, tasks.length);
  const average = Math.floor(total / loads.length);
  const ranked = loads
    .map((load, index) => {
      const { previous, positions } = load.member;
      const keeps = tasks.reduce((count, task) => count + (previous.has(task.id) ? 1 : 0), 0);
      const knows = tasks.reduce((count, task) => count + (positions.has(task.id) ? 1 : 0), 0);
      return { load, index, ahead: load.tasks.length > average ? 1 : 0, keeps: load.tasks.length + keeps, knows };
    })
    .sort((a, b) => b.ahead - a.ahead || b.keeps - a.keeps || b.knows - a.knows || a.index - b.index);
  const extra = total % loads.length;
  for (const [rank, { load }] of ranked.entries()) load.quota = average + (rank < extra ? 1 : 0);
}

/** The load with room whose figure is smallest, the first of equals; figures that are undefined do not count. */
function best(loads: readonly Load[], figure: (load: Load) => number | undefined): Load | undefined {
  let chosen: Load | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (const load of loads) {
    if (load.room <= 0) continue;
    const value = figure(load);
    if (value === undefined || value >= smallest) continue;
    chosen = load;
    smallest = value;
  }
  return chosen;
}
