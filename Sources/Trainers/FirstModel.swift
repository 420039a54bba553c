/// The model from which a job starts, as a file that is written piece by piece.
package struct FirstModel {
    /// Hands the file's bytes over, one piece after the other.
    package let write: (_ to: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

    init(write: @escaping (_ to: (UnsafeRawBufferPointer) throws -> Void) throws -> Void) {
        self.write = write
    }

    /// A small one.
    init(_ bytes: [UInt8]) {
        write = { try bytes.withUnsafeBytes($0) }
    }
}
