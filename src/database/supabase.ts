/** `hedgerow/supabase`: a database of Supabase as the target. */
export { type SupabasePaths, type SupabaseTarget, supabase, type Target } from "./target.js";
