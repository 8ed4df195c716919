import { agreementSuite } from "./suite.js";

agreementSuite("postgres");
