/** What a person sees: a bar and the top words that change in place on a terminal, plain lines elsewhere. Everything but the result goes to standard error. */
import { createLogUpdate } from 'log-update';
import type { Progress } from './progress.ts';

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

function percent({ done, total }: Progress): number {
  return total === 0 ? 0 : Math.floor((done / total) * 100);
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
      draw(
        `${bar} ${percent(progress)} %  ${progress.done.toLocaleString('en')} of ${progress.total.toLocaleString('en')} records\n\n${table(topWords(counts, topRows))}`,
      );
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
      stream.write(`${percent(progress)} % of ${progress.total} records; top words: ${top.join(', ') || 'none yet'}\n`);
    },
    done() {},
  };
}

export function openDisplay(stream: NodeJS.WriteStream, plain: boolean): Display {
  return plain || !stream.isTTY ? plainDisplay(stream) : terminalDisplay(stream);
}
