import Testing

@testable import Learning

@Suite struct MatrixProductsTests {
    @Test("Where OpenBLAS is missing, networks are refused with what to install")
    func noLibrary() throws {
        let error = #expect(throws: LearningError.self) {
            try MatrixProducts(library: "libopenblas-of-nobody.so.0")
        }
        let text = try #require(error?.description)
        #expect(text.contains("libopenblas-of-nobody.so.0: cannot open"))
        #expect(text.contains("libopenblas0"))
    }

    @Test("A library without OpenBLAS's functions is not taken for OpenBLAS")
    func otherLibrary() throws {
        let error = #expect(throws: LearningError.self) { try MatrixProducts(library: "libm.so.6") }
        #expect(error?.description.contains("cblas_sgemm") == true)
    }

    @Test("A product is the sums of products, of matrices as they stand and transposed")
    func product() throws {
        let (rows, columns, inner) = (3, 4, 5)
        let left = (0..<rows * inner).map { Float($0 % 7) - 3 }
        let right = (0..<inner * columns).map { Float($0 % 5) - 2 }
        let before = (0..<rows * columns).map { Float($0) }
        let products = try MatrixProducts.ofThisMachine()
        // Small whole numbers: every order of adding gives the same.
        let expected = (0..<rows * columns).map { place in
            let (row, column) = (place / columns, place % columns)
            return before[place] / 2
                + 3
                * (0..<inner).map { left[row * inner + $0] * right[$0 * columns + column] }
                .reduce(0, +)
        }
        let leftTransposed = (0..<left.count).map { left[$0 % rows * inner + $0 / rows] }
        let rightTransposed = (0..<right.count).map { right[$0 % inner * columns + $0 / inner] }
        for (isLeftTransposed, isRightTransposed) in [
            (false, false), (false, true), (true, false), (true, true),
        ] {
            var product = before
            products.multiply(
                .init(
                    isLeftTransposed ? leftTransposed : left,
                    width: isLeftTransposed ? rows : inner, isTransposed: isLeftTransposed),
                .init(
                    isRightTransposed ? rightTransposed : right,
                    width: isRightTransposed ? inner : columns, isTransposed: isRightTransposed),
                rows: rows, columns: columns, inner: inner, scale: 3, into: &product, decay: 0.5)
            #expect(product == expected)
        }
    }
}
