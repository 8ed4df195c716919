import { expectAssignable, expectError, expectNotAssignable, expectType } from "tsd";
import { anonymousCaller, type Caller } from "../../src/condition/caller.js";

expectType<Caller>(anonymousCaller);

// Nothing about a caller is optional: what is missing is null.
expectNotAssignable<Caller>({});
expectNotAssignable<Caller>({ ...anonymousCaller, userId: undefined });
expectAssignable<Caller>({ ...anonymousCaller, userId: "ann" });

// Nobody can be promoted in place.
expectError(anonymousCaller.roles.push("owner"));
expectError((anonymousCaller.userId = "ann"));
