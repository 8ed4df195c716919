/** A process that does nothing. */
import { done } from "./answered.js";

done();
