import { agreementSuite } from "./suite.js";

agreementSuite("pglite", "claims", 0.2);
