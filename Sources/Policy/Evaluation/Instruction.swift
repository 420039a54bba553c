/// One step of a compiled expression. The machine has a stack of cells.
struct Instruction: Sendable {
    enum Operation: UInt8, Sendable {
        /// Pushes constant, variable or local `a`.
        case constant, slot, local
        /// Pops into local `a`.
        case setLocal
        /// Replaces the top by its field, whose name is constant `a`.
        case select, selectOptional, presence
        /// Pops `b` operands and pushes what function `a` makes of them.
        case call
        case jump
        /// Goes to `a` where the top decides alone: it is false, or true.
        case decideAnd, decideOr
        /// Pops a term and joins it to the one below; goes to `a` where that decides.
        case joinAnd, joinOr
        /// Goes on where the top is an empty optional, and otherwise to `a`; takes out what it holds
        /// where `b` is 1.
        case orElse
        /// Pops a condition: goes on where it is true, to `a` where it is false, and with its error
        /// to `b`.
        case branch
        /// Pops `a` elements, or keys and values, and pushes a list or a map; flags table `b` says
        /// which are optional, -1 for none.
        case list, map
        /// Pops a range and begins to go through it; goes to `a` with an error.
        case begin
        /// Takes the next element into local `b` (and `b + 1`); goes to `a` at the end.
        case next
        /// Pops a condition: goes on where it is true, to `a` where it is false, and ends the loop
        /// with an error at `b`.
        case filter
        /// Pops what the body made; goes to `a` where the loop is decided.
        case stepAll, stepExists, stepOne, stepMap, stepFilter, stepTransformMap, stepEntry
        /// Ends a loop and pushes what came of it.
        case endAll, endExists, endOne, endList, endMap
    }

    let operation: Operation
    var a: Int32
    var b: Int32
    /// The byte of the source.
    let offset: Int32
}
