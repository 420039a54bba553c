import Bundles
import Testing

@Suite struct BundleDifferenceTests {
    @Test("Files that were added, removed and changed are shown, with the lines around a change")
    func shows() throws {
        var old = SampleBundle.files
        old["long.py"] = (1...20).map { "line \($0)\n" }.joined()
        var new = old
        new["models/linear.py"] = nil
        new["extra.py"] = "x\n"
        new["long.py"] = new["long.py"]?.replacing("line 10\n", with: "line ten\n")
        let difference = BundleDifference(
            from: try SampleBundle.archive(old), to: try SampleBundle.archive(new))
        #expect(
            difference.text == """
                added    extra.py
                changed  long.py
                  … 6 lines as before
                  line 7
                  line 8
                  line 9
                - line 10
                + line ten
                  line 11
                  line 12
                  line 13
                  … 7 lines as before
                removed  models/linear.py

                """)
    }

    @Test("What a terminal would obey, or a reader could not see, is written out")
    func visible() throws {
        var new = SampleBundle.files
        new["models/linear.py"] = "weights = 3 # \u{1B}[2K\u{202E}\r\n"
        let difference = BundleDifference(
            from: try SampleBundle.archive(), to: try SampleBundle.archive(new))
        #expect(difference.text.contains("+ weights = 3 # \\u{1b}[2K\\u{202e}\\u{d}"))
    }

    @Test("An end of line that is gone is a change; the same bundle has none")
    func endOfLine() throws {
        var new = SampleBundle.files
        new["models/linear.py"] = "weights = 3"
        let archive = try SampleBundle.archive()
        let difference = BundleDifference(from: archive, to: try SampleBundle.archive(new))
        #expect(difference.text.contains("+ weights = 3 (no end of line)"))
        #expect(BundleDifference(from: archive, to: archive).isEmpty)
    }

    @Test("Bytes that are no text are compared as a whole")
    func bytes() throws {
        let old = try SampleBundle.archive()
        let files = old.files.map {
            $0.path.text == "trainer.py"
                ? BundleArchive.File(path: $0.path, contents: [0xFF, 0xFE]) : $0
        }
        let difference = BundleDifference(from: old, to: try BundleArchive(files))
        #expect(difference.text.contains("changed  trainer.py (no text of a readable length"))
    }
}
