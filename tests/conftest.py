"""Options of the tests."""


def pytest_addoption(parser):
    parser.addoption(
        "--rtl", action="store_true", help="each operator's test on the RTL too, not a sample"
    )
