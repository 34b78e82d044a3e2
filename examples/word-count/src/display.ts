/** What a person sees: a bar and the top words that change in place on a terminal, plain lines elsewhere. Everything but the result goes to standard error. */
import { createLogUpdate } from 'log-update';
import type { Progress, Share } from './progress.ts';

export interface Display {
  say(text: string): void;
  update(progress: Progress, counts: ReadonlyMap<string, number>): void;
  done(): void;
}

const topRows = 10;
const barWidth = 30;

/** The most frequent words, the alphabet deciding between equals. */
export function topWords(counts: ReadonlyMap<string, number>, limit: number): readonly (readonly [string, number])[] {
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, limit);
}

export function table(rows: readonly (readonly [string, number])[]): string {
  const width = Math.max(4, ...rows.map(([word]) => word.length));
  return rows.map(([word, count]) => `  ${word.padEnd(width)}  ${count.toLocaleString('en').padStart(8)}`).join('\n');
}

function share({ done, total }: Share): number {
  return total === 0 ? 0 : done / total;
}

/** Both steps count: a word is counted when its line was split and itself was read again. */
function percent({ lines, words }: Progress): number {
  return Math.floor(share(lines) * share(words) * 100);
}

function inWords({ lines, words }: Progress): string {
  const number = (n: number): string => n.toLocaleString('en');
  return `${number(lines.done)} of ${number(lines.total)} lines split, ${number(words.done)} words counted`;
}

/** A bar and a table that are drawn over and over. */
function terminalDisplay(stream: NodeJS.WriteStream): Display {
  const draw = createLogUpdate(stream);
  return {
    say(text) {
      draw.clear();
      stream.write(`${text}\n`);
    },
    update(progress, counts) {
      const filled = Math.round((percent(progress) / 100) * barWidth);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
      draw(`${bar} ${percent(progress)} %  ${inWords(progress)}\n\n${table(topWords(counts, topRows))}`);
    },
    done() {
      draw.clear();
      draw.done();
    },
  };
}

/** A line whenever another tenth is done: for logs and pipes. */
function plainDisplay(stream: NodeJS.WritableStream): Display {
  let tenths = -1;
  return {
    say: (text) => void stream.write(`${text}\n`),
    update(progress, counts) {
      const now = Math.floor(percent(progress) / 10);
      if (now === tenths) return;
      tenths = now;
      const top = topWords(counts, 3).map(([word, count]) => `${word} ${count}`);
      stream.write(`${percent(progress)} %: ${inWords(progress)}; top words: ${top.join(', ') || 'none yet'}\n`);
    },
    done() {},
  };
}

export function openDisplay(stream: NodeJS.WriteStream, plain: boolean): Display {
  return plain || !stream.isTTY ? plainDisplay(stream) : terminalDisplay(stream);
}
