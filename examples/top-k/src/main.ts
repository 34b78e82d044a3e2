/** Runs the example: `npm start -- top-k`. */
import { main } from '@millrace/example-stage';
import { play } from './play.ts';

await main(play);
