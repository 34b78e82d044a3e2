/** Runs the example: `npm start -- shopping-cart`. */
import { main } from '@millrace/example-stage';
import { play } from './play.ts';

await main(play);
