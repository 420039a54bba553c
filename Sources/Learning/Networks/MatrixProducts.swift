import COpenBLAS
import Glibc

/// Products of matrices as OpenBLAS computes them, on one thread: a node runs several trainings
/// beside each other, and OpenBLAS's own threads slow each other down.
///
/// It is loaded when a network is first computed, not when the program starts: its threads and
/// buffers are nothing that a node without networks should carry.
struct MatrixProducts: @unchecked Sendable {
    /// A matrix of numbers row by row, or the transpose of what stands there.
    struct Factor {
        let values: UnsafePointer<Float>
        /// How many numbers a row has as it stands in memory.
        let width: Int
        let isTransposed: Bool

        init(_ values: UnsafePointer<Float>, width: Int, isTransposed: Bool = false) {
            self.values = values
            self.width = width
            self.isTransposed = isTransposed
        }

        fileprivate var transposition: CInt {
            isTransposed ? CInt(OPENBLAS_TRANSPOSED) : CInt(OPENBLAS_AS_IT_STANDS)
        }
    }

    private static let loaded = Result<MatrixProducts, LearningError> {
        () throws(LearningError) in try MatrixProducts(library: "libopenblas.so.0")
    }

    /// Never written and never freed, so that all threads may read it.
    private let functions: UnsafePointer<openblas_functions>

    /// Those of the library that the machine has installed.
    ///
    /// - Throws: ``LearningError``: `noMatrixProducts`, now and later: what is installed meanwhile
    ///   counts from the next start on.
    static func ofThisMachine() throws(LearningError) -> MatrixProducts { try loaded.get() }

    /// - Parameter library: A file, or a name that the dynamic linker finds.
    /// - Throws: ``LearningError``: `noMatrixProducts`.
    init(library: String) throws(LearningError) {
        guard let functions = openblas_load(library) else {
            throw .noMatrixProducts(
                problem: dlerror().map { String(cString: $0) } ?? "\(library) is not there")
        }
        functions.pointee.openblas_set_num_threads(1)
        self.functions = functions
    }

    /// Sets `product` = `decay` · `product` + `scale` · `left` · `right`.
    ///
    /// - Parameters:
    ///   - inner: How many columns of `left` meet as many rows of `right`.
    ///   - product: `rows` × `columns`.
    func multiply(
        _ left: Factor, _ right: Factor, rows: Int, columns: Int, inner: Int, scale: Float = 1,
        into product: UnsafeMutablePointer<Float>, decay: Float = 0
    ) {
        functions.pointee.cblas_sgemm(
            CInt(OPENBLAS_ROW_MAJOR), left.transposition, right.transposition, CInt(rows),
            CInt(columns), CInt(inner), scale, left.values, CInt(left.width), right.values,
            CInt(right.width), decay, product, CInt(columns))
    }
}
