/** Runs the example: `npm start -- threshold-sum`. */
import { main } from '@millrace/example-stage';
import { play } from './play.ts';

await main(play);
