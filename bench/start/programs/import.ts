/** The import of the router, and nothing else. */
import "hedgerow/hono";
import { done } from "./answered.js";

done();
