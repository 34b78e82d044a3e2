/** What the runner prints: every case that did not pass, then how many did. */
import type { Judgement } from './judge.ts';
import { showDifferences } from './differences.ts';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Cases tagged `accident` that came out differently: neither passed nor failed. */
  readonly accidents: number;
}

export function tallyOf(judgements: readonly Judgement[]): Tally {
  const passed = judgements.filter(({ verdict }) => verdict.kind === 'passed').length;
  const accidents = judgements.filter(isAccident).length;
  return { passed, failed: judgements.length - passed - accidents, accidents };
}

/** One case that did not pass, as a block of lines; empty for one that did. */
export function showJudgement(judgement: Judgement): string {
  const { about, id, verdict } = judgement;
  const head = `${isAccident(judgement) ? 'ACCIDENT' : 'FAILED'} ${id}`;
  switch (verdict.kind) {
    case 'passed':
      return '';
    case 'broken':
      return `${head}: ${verdict.reason}\n`;
    case 'difference':
      return `${head}${about === undefined ? '' : `: ${about}`}\n${showDifferences(verdict.differences)}\n`;
  }
}

/** The last lines; the very last is `N passed, N failed`. */
export function showTally({ accidents, failed, passed }: Tally, judgements: readonly Judgement[]): string {
  const lines: string[] = [];
  const parts = new Map<string, number>();
  for (const judgement of judgements) {
    if (isAccident(judgement)) continue;
    for (const what of failedParts(judgement)) parts.set(what, (parts.get(what) ?? 0) + 1);
  }
  for (const [what, count] of [...parts].sort(([, a], [, b]) => b - a)) lines.push(`  ${count} × ${what}`);
  if (accidents > 0)
    lines.push(`${accidents} cases tagged accident came out differently, as they may: counted neither as passed nor as failed`);
  lines.push(`${passed} passed, ${failed} failed`);
  return lines.join('\n');
}

function failedParts({ verdict }: Judgement): readonly string[] {
  switch (verdict.kind) {
    case 'passed':
      return [];
    case 'broken':
      return ['broken'];
    case 'difference':
      return verdict.differences.map(({ part }) => `${part} differs`);
  }
}

function isAccident({ accident, verdict }: Judgement): boolean {
  return accident && verdict.kind !== 'passed';
}
