import { agreementSuite } from "./suite.js";

agreementSuite("pglite");
