/** Runs the example: `npm start -- page-views`. */
import { main } from '@millrace/example-stage';
import { play } from './play.ts';

await main(play);
