package import Bundles
import Foundation
import Learning
import Sandbox

/// Reads Parquet files with pyarrow in a sandbox: the file is a stranger's bytes, and a program reads
/// it that sees nothing else and has no network.
package struct ParquetReader: Hashable, Sendable {
    /// The interpreter that has pyarrow.
    package var python: String?
    /// Where bubblewrap is looked for, as in the environment's `PATH`.
    package var path: String
    package var limits: TrainerLimits

    package init(
        python: String? = nil, path: String = "/usr/bin:/bin",
        limits: TrainerLimits = TrainerLimits()
    ) {
        self.python = python
        self.path = path
        self.limits = limits
    }

    /// - Throws: `DatasetError`.
    func rows(of file: String) throws(DatasetError) -> RowText {
        guard let python else {
            throw unavailable(
                file, "this node has no Python to read Parquet with",
                remedy: "set trainers.python in node.yaml to one that has pyarrow, or export CSV")
        }
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw DatasetError(
                .fileUnreadable, at: .init(file: file),
                "the file cannot be read: \(String(cString: strerror(errno)))",
                remedy: "check the path and its permissions")
        }
        defer { close(descriptor) }
        do throws(SandboxFailure) {
            let environment = try PythonEnvironment(executable: URL(filePath: python))
            guard environment.packages["pyarrow"] != nil else {
                throw .environment("\(python) has no pyarrow")
            }
            let output = try SandboxedOutput(
                environment.program(Self.script, limits: limits),
                in: try SandboxSupport.find(on: path), passing: [descriptor])
            return RowText(name: file, options: RowText.writtenOptions, counting: .rows) {
                buffer throws(DatasetError) in
                do throws(SandboxFailure) {
                    return try output.read(into: buffer)
                } catch {
                    throw Self.failure(error, file: file)
                }
            }
        } catch {
            throw Self.failure(error, file: file)
        }
    }

    private func unavailable(_ file: String, _ problem: String, remedy: String) -> DatasetError {
        DatasetError(.sourceUnavailable, at: .init(file: file), problem, remedy: remedy)
    }

    private static func failure(_ failure: SandboxFailure, file: String) -> DatasetError {
        let place = DatasetError.Place(file: file)
        switch failure {
        case .exit(code: Self.refusal, let log):
            return DatasetError(
                .sourceUnreadable, at: place,
                log.split(whereSeparator: \.isNewline).last.map(String.init) ?? "it is not read",
                remedy: "correct the file, or export CSV")
        case .environment, .unavailable:
            return DatasetError(
                .sourceUnavailable, at: place, "Parquet cannot be read here: \(failure)",
                remedy: "install pyarrow for trainers.python of node.yaml, and bubblewrap; or "
                    + "export CSV")
        default:
            return DatasetError(
                .sourceUnreadable, at: place, "reading it failed: \(failure)",
                remedy: "check the file, and trainers.limits in node.yaml")
        }
    }

    /// The exit status with which the script says what is wrong with the file.
    private static let refusal: Int32 = 65
}

extension ParquetReader {
    /// Writes the file that is open as descriptor 3 as ``RowText/append(_:to:)`` does. Numbers are
    /// spelt as ECMAScript does, which RFC 8785 prescribes; a single one by its own shortest digits.
    fileprivate static let script = #"""
        import os, sys
        from decimal import Decimal

        def refuse(problem):
            sys.stderr.write(" ".join(str(problem).split())[:400] + "\n")
            sys.stdout.flush()
            os._exit(65)

        try:
            import pyarrow as pa
            import pyarrow.compute as pc
            import pyarrow.parquet as pq
        except ImportError as error:
            refuse("pyarrow does not load: " + str(error))

        def number(text):
            value = Decimal(text)
            if not value.is_finite():
                return "" if value.is_nan() else ("-inf" if value < 0 else "inf")
            if value == 0:
                return "0"
            sign, digits, exponent = value.as_tuple()
            digits = "".join(map(str, digits)).lstrip("0")
            point = len(digits) + exponent
            digits = digits.rstrip("0")
            count = len(digits)
            if count <= point <= 21:
                body = digits + "0" * (point - count)
            elif 0 < point <= 21:
                body = digits[:point] + "." + digits[point:]
            elif -6 < point <= 0:
                body = "0." + "0" * -point + digits
            else:
                body = digits[0] + ("." + digits[1:] if count > 1 else "")
                body += "e" + ("+" if point > 0 else "-") + str(abs(point - 1))
            return ("-" if sign else "") + body

        def single(value):
            return number(value)

        def double(value):
            text = repr(value)
            return text[:-2] if text.endswith(".0") and len(text) < 17 and value != 0 else number(text)

        def speller(kind, name):
            if pa.types.is_dictionary(kind):
                return speller(kind.value_type, name)
            if pa.types.is_null(kind):
                return None, str
            if pa.types.is_boolean(kind):
                return None, lambda value: "true" if value else "false"
            if pa.types.is_integer(kind):
                return None, str
            if pa.types.is_float64(kind):
                return None, double
            if pa.types.is_float32(kind):
                return pa.string(), single
            if pa.types.is_float16(kind):
                return pa.float64(), double
            if pa.types.is_decimal(kind):
                return None, lambda value: format(value, "f")
            if pa.types.is_string(kind) or pa.types.is_large_string(kind):
                return None, str
            if pa.types.is_date(kind):
                return None, str
            if pa.types.is_timestamp(kind):
                return pa.timestamp("us", kind.tz and "UTC"), lambda value: str(value).replace("+00:00", "+00")
            if pa.types.is_time(kind):
                return pa.time64("us"), str
            refuse("the column " + repr(name) + " is of the type " + str(kind)
                   + ", which is neither a number nor text; leave it out")

        def quoted(text):
            return '"' + text.replace('"', '""') + '"'

        try:
            file = pq.ParquetFile(os.fdopen(3, "rb"))
            schema = file.schema_arrow
            if not schema.names:
                refuse("the file has no columns")
            spellers = [speller(field.type, field.name) for field in schema]
            out = sys.stdout.buffer
            out.write((",".join(map(quoted, schema.names)) + "\n").encode())
            for batch in file.iter_batches(batch_size=8192, use_threads=False):
                columns = []
                for column, (kind, spell) in zip(batch.columns, spellers):
                    if pa.types.is_dictionary(column.type):
                        column = column.dictionary_decode()
                    if kind is not None:
                        column = pc.cast(column, kind, safe=False)
                    columns.append(['""' if value is None else quoted(spell(value))
                                    for value in column.to_pylist()])
                out.write("".join(",".join(row) + "\n" for row in zip(*columns)).encode())
            out.flush()
        except (pa.ArrowException, OSError, UnicodeError) as error:
            refuse("it is no sound Parquet file: " + str(error))
        """#
}
